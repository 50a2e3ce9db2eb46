/** Starts a server for all workers of a run, unless `FAKEGRAPH_URL` names one; gives what stops it. */
declare function globalSetup(...runner: unknown[]): Promise<() => Promise<void>>;
declare namespace globalSetup {
  export { globalSetup as default, globalSetup, globalTeardown };
}
declare function globalTeardown(): Promise<void>;
export = globalSetup;
