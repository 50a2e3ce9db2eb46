"""What the parts that know HTTP share."""
