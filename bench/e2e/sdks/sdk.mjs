/** What both SDKs can do, under one name each. */

/**
 * @typedef {object} Sdk
 * @property {string} client its name and version
 * @property {'openai' | 'anthropic'} source whose API it speaks
 * @property {Record<string, any>} errors the classes of its errors, by name
 * @property {(url: string, apiKey: string) => any} connect `url`: of the proxy
 * @property {(client: any, model: string, prompt: string, options?: object) => Promise<string>} whole
 * @property {(client: any, model: string, prompt: string, options?: object) => AsyncIterable<string>} stream
 * @property {(client: any, model: string, prompt: string) => Promise<string>} helper a stream, put together by the SDK
 * @property {(client: any, model: string, prompt: string) => Promise<object>} tool
 * @property {(client: any, model: string, prompt: string) => Promise<object>} toolStream put together by the SDK
 * @property {object} called what both give for the demo's tool call
 * @property {(client: any, options?: object) => Promise<readonly string[]>} models
 * @property {(error: any) => { sentence: string, isShown: boolean, type: string }} told what an error says, and whether
 * its message, which programs print, says it too
 */

/**
 * @typedef {object} World
 * @property {Sdk} sdk
 * @property {any} client
 * @property {any} upstream
 * @property {string} id
 * @property {string} model
 * @property {string} prompt
 */

/**
 * @typedef {object} Case
 * @property {string} says
 * @property {string} mode
 * @property {string} wish what the demo is to play, without the id
 * @property {readonly string[]} played
 * @property {(world: World) => Promise<import('../kit/case.mjs').Seen>} act
 */

/** All that came, and what was thrown, if anything. @param {AsyncIterable<string>} pieces */
export const read = async (pieces) => {
  let text = '';
  try {
    for await (const piece of pieces) text += piece;
  } catch (error) {
    return { text, error };
  }
  return { text, error: undefined };
};

/** The ways to a text, by mode. */
export const READERS = {
  json: ({ sdk, client, model, prompt }, options) => sdk.whole(client, model, prompt, options),
  stream: async ({ sdk, client, model, prompt }, options) => {
    const { text, error } = await read(sdk.stream(client, model, prompt, options));
    if (error !== undefined) throw error;
    return text;
  },
  helper: ({ sdk, client, model, prompt }) => sdk.helper(client, model, prompt),
};

/** What a promise of a text was rejected with. */
export const rejection = (work) =>
  work.then(
    (value) => new Error(`no error, but ${JSON.stringify(value).length} characters`),
    (error) => error,
  );

/** What the user has of an error: its class, its fields and its message. @param {Sdk} sdk */
export const problemsOf = (sdk, error, { kind, status, code, type, sentence }) => {
  if (!(error instanceof sdk.errors[kind])) return [`threw ${error.name}: ${error.message}`];
  const told = sdk.told(error);
  const got = { status: error.status, type: told.type, code: sdk.source === 'openai' ? error.code : code };
  const wanted = { status, type: type[sdk.source], code };
  return [
    ...(JSON.stringify(got) === JSON.stringify(wanted) ? [] : [`has ${JSON.stringify(got)}`]),
    ...(sentence.test(told.sentence) ? [] : [`told ${JSON.stringify(told.sentence)}`]),
    ...(told.isShown ? [] : [`its message is ${JSON.stringify(error.message)}`]),
    ...(error.requestID ? [] : ['it has no request id']),
  ];
};

/** @param {Sdk} sdk */
export const shownError = (sdk, error) => `${error.constructor.name}: ${sdk.told(error).sentence}`;
