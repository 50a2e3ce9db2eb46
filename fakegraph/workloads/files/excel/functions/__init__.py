"""The functions of workbooks, as far as they are exact without a numerical library."""
