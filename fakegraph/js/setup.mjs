// The same as setup.cjs.
import globalSetup from "./setup.cjs";

export default globalSetup;
export { globalSetup };
export const { globalTeardown } = globalSetup;
