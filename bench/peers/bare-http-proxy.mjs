/** http-proxy as its own documentation uses it. Arguments: a port, and the URL of the upstream. */
import { createServer } from 'node:http';
import httpProxy from 'http-proxy';

const TIMEOUT_MS = 2000;

const [, , port, target] = process.argv;
const proxy = httpProxy.createProxyServer({ target, proxyTimeout: TIMEOUT_MS });
proxy.on('error', (_error, _request, response) => {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(502, { 'content-type': 'text/plain' });
  response.end('Bad gateway');
});
// Some answers of the catalogue make it throw; a process that ends would answer nothing at all.
process.on('uncaughtException', () => {});
createServer((request, response) => proxy.web(request, response)).listen(Number(port), '127.0.0.1');
