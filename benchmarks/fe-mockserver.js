// node fe-mockserver.js PORT CSDL FOLDER: @sap-ux/fe-mockserver-core over a CSDL and JSON files.
const http = require("http");
const FEMockserver = require("@sap-ux/fe-mockserver-core").default;

const [, , port, metadataPath, mockdataPath] = process.argv;

async function serve() {
  const service = { urlPath: "/v1.0", metadataPath, mockdataPath, generateMockData: false };
  const server = new FEMockserver({ services: [{ ...service, watch: false, noETag: true }] });
  await server.isReady;
  const router = server.getRouter();
  const answer = (request, response) => router(request, response, () => response.end());
  http.createServer(answer).listen(Number(port), "127.0.0.1");
}

serve();
