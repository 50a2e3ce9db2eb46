// The same as index.cjs, which is loaded once for both ways to import.
import fakegraph from "./index.cjs";

export const { ControlError, Fakegraph, StartError, Tenant, perTest, startFakegraph } = fakegraph;
