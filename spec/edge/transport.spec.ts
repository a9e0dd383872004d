import { httpProxyTransport } from '../../lib/edge/transport.js';
import { transportContract } from './transport.contract.js';

describe('the transport on http-proxy', () => {
  transportContract(httpProxyTransport);
});
