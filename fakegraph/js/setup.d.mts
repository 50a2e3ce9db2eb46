/** Starts a server for all workers of a run, unless `FAKEGRAPH_URL` names one; gives what stops it. */
export function globalSetup(...runner: unknown[]): Promise<() => Promise<void>>;
export function globalTeardown(): Promise<void>;
export default globalSetup;
