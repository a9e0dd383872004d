/// <reference types="node" preserve="true" />
/**
 * For the authors of stages: runs one stage on one value, or a whole proxy with it against the demo upstream. What a
 * stage gets is frozen, and bytes that it writes into are found out, as in the proxy itself.
 */

export { type Answer, type Asking, type ProxyOptions, startProxy, type TestProxy } from './proxy.js';
export { type Ran, run, runJson, runText, type Seen, type Text } from './run.js';
export { type Face, type Sat, seat } from './seat.js';
export { answered, decoded, failed, type Given, planned, received, replied, trying } from './values.js';
