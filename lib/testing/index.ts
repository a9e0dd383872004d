/// <reference types="node" preserve="true" />
/**
 * For the authors of stages: runs one hook on one value, or a whole proxy with stages against the demo upstream. The
 * values that a hook gets here are frozen, so that a stage that writes into one throws at that line.
 */

export { type Face, install, type TestStage } from './install.js';
export { type Answer, type Asking, type ProxyOptions, startProxy, type TestProxy } from './proxy.js';
export { type Ran, run, runJson, runText, type Seen, type Text } from './run.js';
export { attempt, failure, finished, type Given, reply, request, response } from './values.js';
