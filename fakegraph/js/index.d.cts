// fakegraph for tests in JavaScript and TypeScript.
/// <reference lib="esnext.disposable" />

/** What tenants ask of those who call: nothing; any bearer token; one that the server signed. */
export type Auth = "off" | "bearer" | "strict";

/** A failure that has a name. */
export type Preset =
  | "throttled"
  | "unavailable"
  | "gatewayTimeout"
  | "claimsChallenge"
  | "tokenExpired"
  | "forbidden"
  | "conflict"
  | "locked"
  | "serverError"
  | "connectionReset"
  | "truncatedBody"
  | "slow"
  | "slowBody"
  | "mailboxConcurrency"
  | "mailboxPolicy";

/** A path of records, without version: `users`, `users/ada@contoso.com/messages`, `groups/ID/members`. */
export type RecordPath =
  | "applications"
  | "chats"
  | "devices"
  | "directoryRoles"
  | "drives"
  | "groups"
  | "places"
  | "servicePrincipals"
  | "sites"
  | "subscriptions"
  | "teams"
  | "users"
  | (string & {});

/** One thing as it is stored. */
export type GraphRecord = { id: string; [property: string]: any };

/** Records by path: many of a collection, or one single thing. */
export type Seeds = { [path: string]: readonly object[] | object };

/** The settings of `fakegraph serve`. Its environment (`FAKEGRAPH_…`) and `fakegraph.toml` count, too. */
export interface ServerSettings {
  /** The address to listen on: 127.0.0.1 unless it says otherwise. */
  host?: string;
  /** A free one unless it says otherwise. */
  port?: number;
  /** Names of built-in fixtures, files or folders; null for no records. */
  fixture?: string | readonly string[] | null;
  fixturesFrom?: string | readonly string[];
  dataDir?: string;
  /** `postgresql://…`: where records are kept. */
  store?: string;
  /** Processes that answer, which share what is in `store`. */
  workers?: number;
  durability?: "flush" | "fsync";
  auth?: Auth;
  strictDirectory?: boolean;
  deviceAutoApprove?: boolean;
  tls?: boolean;
  tlsName?: string | readonly string[];
  tlsCert?: string;
  tlsKey?: string;
  proxy?: boolean;
  proxyOthers?: "refuse" | "tunnel";
  pageSize?: number;
  maxBody?: number | string;
  /** `100/10`: so many requests in so many seconds. */
  rateLimit?: string;
  chaos?: number;
  chaosSeed?: number;
  /** Milliseconds: 50, or `20..200`. */
  latency?: number | string;
  /** Milliseconds, or `reads:N`. */
  consistencyDelay?: number | string;
  /** Seconds for which it still answers when it is told to end. */
  drain?: number;
  journalSize?: number;
  maxTenants?: number;
  retired?: boolean;
  surface?: "permitted" | "known" | "declared";
  /** `beta=FILE`. */
  model?: string | readonly string[];
  strictQueries?: boolean;
  me?: string;
  notify?: string;
  notifySeconds?: number;
  logLevel?: "debug" | "info" | "warning" | "error";
  logFormat?: "text" | "json";
}

export interface StartOptions extends ServerSettings {
  /** A server that runs already: `FAKEGRAPH_URL` unless it says otherwise; null starts one all the same. */
  url?: string | null;
  /** The control key of the server; `FAKEGRAPH_CONTROL_KEY` unless it says otherwise. */
  controlKey?: string;
  /** The certificate file of the CA by which the server at `url` is trusted. */
  ca?: string;
  /** How to start one: `["/path/to/venv/bin/fakegraph"]`. */
  command?: readonly [string, ...string[]];
}

/** What a tenant can have of its own; what is left out is as the server has it. */
export interface TenantOptions {
  /** Names of built-in fixtures, files or folders; null for no records. */
  fixture?: string | readonly string[] | null;
  /** Records by path: the whole content, unless there is a `fixture` beside them. */
  records?: Seeds;
  /** Where its time stands still. */
  clock?: string | Date;
  auth?: Auth;
  pageSize?: number;
  /** Milliseconds, or `reads:N`. */
  consistencyDelay?: number | string;
  retired?: boolean;
  strictQueries?: boolean;
  strictDirectory?: boolean;
  deviceAutoApprove?: boolean;
  /** What it is for, shown to people who look at a server's tenants. */
  test?: string;
}

/** Which requests, and how they fail. Patterns are as in file names. */
export interface FaultOptions {
  method?: string;
  /** `/users/*`, with or without the version. */
  path?: string;
  query?: { [option: string]: string };
  /** The id of the application that asks. */
  app?: string;
  /** How many requests are hit: 1 unless it says otherwise; null for all. */
  times?: number | null;
  /** How many pass before. */
  skip?: number;
  /** The header: seconds, a moment, or any text; null for none. */
  retryAfter?: number | string | Date | null;
  code?: string;
  message?: string;
  delayMs?: number;
  bodyMs?: number;
  drop?: boolean;
  truncateBody?: boolean;
  probability?: number;
  seed?: number;
}

/** What a test answers in the service's stead. */
export interface StubOptions {
  json?: unknown;
  /** 200, or 204 without `json`, unless it says otherwise. */
  status?: number;
  headers?: { [name: string]: string };
  /** How many requests; all unless it says otherwise. */
  times?: number;
  query?: { [option: string]: string };
  /** A part of the body that is sent. */
  body?: unknown;
  /** Whether `json` has to be what the model says is answered there: true unless it says otherwise. */
  check?: boolean;
}

/** What requests are asked for by. Patterns are as in file names. */
export interface Criteria {
  method?: string;
  path?: string;
  route?: string;
  status?: number;
  query?: { [option: string]: string | number } | string;
  headers?: { [name: string]: string } | string;
  /** A part of the body that was sent. */
  json?: unknown;
  errorCode?: string;
  fault?: string;
  stub?: string;
  requestId?: string;
  since?: string | Date;
  minDurationMs?: number;
}

/** A request that a tenant received. `status` is 0 where the connection was reset. */
export interface GraphRequest {
  readonly number: number;
  readonly time: string;
  readonly method: string;
  /** Decoded, and without the tenant. */
  readonly path: string;
  readonly route: string | null;
  readonly query: { readonly [option: string]: string };
  readonly headers: { readonly [name: string]: string };
  /** The body, where it was JSON. */
  readonly json: any;
  readonly status: number;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly responseJson: any;
  readonly durationMs: number;
  readonly requestId: string;
  readonly fault: string | null;
  readonly stub: string | null;
  readonly [more: string]: any;
}

export interface SentAttachment {
  readonly name: string | null;
  readonly contentType: string | null;
  readonly size: number;
  readonly isInline: boolean;
  /** Base64; null where it is no file. */
  readonly contentBytes: string | null;
}

/** A mail that a request had sent. All people are addresses. */
export interface SentMail {
  readonly time: string;
  readonly sender: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly bcc: readonly string[];
  readonly subject: string;
  readonly body: string;
  readonly bodyType: "text" | "html";
  readonly attachments: readonly SentAttachment[];
  readonly internetMessageId: string;
  /** That of the sender's copy; null where none was saved, or it is gone by now. */
  readonly path: string | null;
}

/** Which mail: people are addresses, in any case; `*` in a text stands for anything. */
export interface MailCriteria {
  sender?: string;
  to?: string | readonly string[];
  cc?: string | readonly string[];
  bcc?: string | readonly string[];
  subject?: string;
  body?: string;
  /** Names of files. */
  attachments?: string | readonly string[];
}

export interface Change {
  readonly sequence: number;
  readonly kind: string;
  readonly path: string;
  readonly old?: { readonly [property: string]: any };
}

export interface TokenOptions {
  /** Permissions of an app's token. */
  roles?: readonly string[];
  /** Permissions of a user's token. */
  scopes?: string | readonly string[];
  user?: string;
  app?: string;
  /** Seconds; may lie behind. */
  expiresIn?: number;
  audience?: string;
  version?: "1.0" | "2.0";
  tenant?: string;
  signature?: "good" | "none" | "wrong" | "foreign";
  claims?: { [name: string]: unknown };
  kind?: "access" | "github";
}

export interface Headers {
  Authorization: string;
  [name: string]: string;
}

export interface Snapshot {
  readonly name: string;
  /** Goes back to the records as they were. */
  restore(): Promise<void>;
}

/** What the control API refused; nothing was done. The message has every problem. */
export class ControlError extends Error {
  readonly status: number;
  readonly code: string;
  readonly problems: readonly { code?: string; message: string; target?: string | null }[];
}

/** Why there is no server: none could be started, or none answers. */
export class StartError extends Error {}

/** A server, started by `startFakegraph` or found by its URL. */
export class Fakegraph {
  private constructor();
  /** Scheme, host and port. */
  readonly url: string;
  /** The certificate file of the CA to trust, with `tls`. */
  readonly ca: string | undefined;
  /** Whether it was started here, and ends with this process. */
  readonly started: boolean;
  /** What a server that was started here has said: warnings and errors, unless `logLevel` says more. */
  readonly log: string;
  /** Makes a tenant, which no other test sees. */
  tenant(options?: TenantOptions): Promise<Tenant>;
  /** Asks the control API: its `path` behind `/_fakegraph`. */
  control<T = any>(method: string, path: string, body?: unknown): Promise<T>;
  /** Stops the server if it was started here. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A tenant of a test, gone when it is closed. */
export class Tenant {
  private constructor();
  readonly id: string;
  /** Its root, to be followed by `/v1.0` or `/beta`. */
  readonly url: string;
  /** The service root of version 1.0. */
  readonly v1: string;
  /** The service root of the beta version. */
  readonly beta: string;
  /** Where to sign in to it; clients want `tls`. */
  readonly authority: string;
  /** Request headers that are let in; with `auth: "strict"`, to everything. */
  readonly headers: Headers;

  /**
   * Stores one record at a path. What is required and not given gets realistic values; what the path leads
   * over is made where it is not there.
   *
   *     await tenant.create("users", { displayName: "Ada Lovelace", manager: "bob@contoso.com" });
   */
  create<T = GraphRecord>(path: RecordPath, properties?: object): Promise<T>;
  /** Stores so many records, all or none; a function is called with the number of each. */
  build<T = GraphRecord>(
    path: RecordPath,
    count: number,
    properties?: object | ((number: number) => object),
  ): Promise<T[]>;
  /** Adds a fixture by its name, or records by path, all or nothing; gives how many were added to each. */
  seed(records: string | Seeds, options?: { defaults?: boolean }): Promise<{ [path: string]: number }>;
  /** What is stored at a path, raw, oldest first. */
  records<T = GraphRecord>(path: RecordPath): Promise<T[]>;
  /** Changes properties of the record at a path. */
  update<T = GraphRecord>(path: RecordPath, properties: object): Promise<T>;
  /** Takes the record at a path away; of what is linked, the link. */
  delete(path: RecordPath): Promise<void>;
  /** Takes all records of a collection away, or all that there are. */
  clear(path?: RecordPath): Promise<void>;
  /** What was created, changed, deleted and linked, oldest first. */
  changes(options?: { since?: number }): Promise<Change[]>;

  /**
   * Has requests fail; the id of the fault. One that no request comes for is warned of at the end.
   *
   *     await tenant.fail("throttled", { path: "/users/*", retryAfter: 2 });
   */
  fail(presetOrStatus: Preset | number, options?: FaultOptions): Promise<string>;
  /** Takes all faults away. */
  heal(): Promise<void>;
  /**
   * Has requests answered as a test says; the id of the stub.
   *
   *     await tenant.stub("POST", "/users/*\/findMeetingTimes", { json: { meetingTimeSuggestions: [] } });
   */
  stub(method: string, path: string, options?: StubOptions): Promise<string>;
  /** Takes all stubs away. */
  unstub(): Promise<void>;
  /** How long-running operations go that begin from now on. */
  operations(how?: { lastMs?: number; code?: string; message?: string; times?: number | null }): Promise<void>;

  /** What it was asked, oldest first. */
  requests(criteria?: Criteria): Promise<GraphRequest[]>;
  /** The last requests as text. */
  journal(): Promise<string>;
  /** Fails unless it was asked so, `times` times or at all; says what came closest. What matched. */
  assertCalled(
    method?: string,
    path?: string,
    criteria?: Omit<Criteria, "method" | "path"> & { times?: number },
  ): Promise<GraphRequest[]>;
  /** Fails if it was asked so. */
  assertNotCalled(method?: string, path?: string, criteria?: Omit<Criteria, "method" | "path">): Promise<void>;

  /** The mail that requests had sent, newest last. */
  sent(): Promise<SentMail[]>;
  /** Fails unless such mail was sent, `times` times or at all; shows what was sent instead. What matched. */
  assertSent(criteria?: MailCriteria & { times?: number }): Promise<SentMail[]>;
  /** Fails if such mail was sent, or any at all. */
  assertNotSent(criteria?: MailCriteria): Promise<void>;
  /** The change notifications, newest last, each with its attempts. */
  notifications(): Promise<any[]>;
  /** Waits until all is delivered, or tried, that is due now. */
  flushNotifications(): Promise<{ delivered: number; dropped: number; waiting: number }>;

  /** Its time. */
  now(): Promise<string>;
  /** Stops its clock, at an instant or where it is. */
  freeze(instant?: string | Date): Promise<void>;
  /** Moves its clock: `PT1H`, or seconds; back where negative. */
  advance(by: string | number): Promise<void>;

  /** A signed access token: an app's with roles, or a user's with scopes; without either, with all permissions. */
  token(options?: TokenOptions): Promise<string>;
  /** Headers of a user who asks. */
  asUser(user: string, options?: Omit<TokenOptions, "user">): Promise<Headers>;
  /** Headers of an application that asks. */
  asApp(options?: TokenOptions): Promise<Headers>;

  /** Remembers the records as they are. */
  snapshot(name?: string): Promise<Snapshot>;
  /** Back to the state it started in: records, faults, stubs, clock, journal. */
  reset(): Promise<void>;
  /** Asks the control API about it: its `path` behind `/tenants/{id}`. */
  control<T = any>(method: string, path: string, body?: unknown): Promise<T>;
  /**
   * Until it is closed, Graph's own host names lead this process to it: for code that names them. The process is one
   * of `fakegraph run -- npm test`; one tenant at a time.
   */
  inPlace(): Promise<void>;
  /** Removes it. Warns of faults that no request came for. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A server: the one at `url` or `FAKEGRAPH_URL`, or else one that is started and ends with this process. */
export function startFakegraph(options?: StartOptions): Promise<Fakegraph>;

type Hook = (run: (context?: any) => any) => any;

/** The functions of a test runner: `import * as runner from "node:test"` or `"vitest"`; with Jest, `globalThis`. */
export interface Runner {
  beforeAll?: Hook;
  before?: Hook;
  afterAll?: Hook;
  after?: Hook;
  beforeEach?: Hook;
  afterEach?: Hook;
}

/** What the tests of a file hold. */
export interface PerTest {
  readonly fakegraph: Fakegraph;
  /** The tenant of the test that runs. */
  readonly tenant: Tenant;
}

/**
 * Gives each test of a file, or of a `describe`, a tenant of its own. What it was asked is shown where a test
 * fails, by runners that tell (node:test and Vitest do).
 */
export function perTest(
  runner: object,
  options?: TenantOptions & { server?: StartOptions; /** Graph's own host names lead to it, too. */ inPlace?: boolean },
): PerTest;
