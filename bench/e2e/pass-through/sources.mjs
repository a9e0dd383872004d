/** Where SillyTavern's page sends what, for each source whose replies the proxy passes on as they come (deepseek's it judges). */

export const KEY = 'AIzaSyClientCanary0123456789abcdefghij';

const messages = (prompt) => [
  { role: 'system', content: 'You are the sea king.' },
  { role: 'user', content: prompt },
];

const chat = (source, base = '') => ({
  source,
  path: 'api/backends/chat-completions/generate',
  /** @param {{ url: string, model: string, prompt: string, stream: boolean }} asked `url`: of the proxy */
  body: ({ url, prompt, ...asked }) => ({
    chat_completion_source: source,
    reverse_proxy: `${url}${base}`,
    proxy_password: KEY,
    messages: messages(prompt),
    use_sysprompt: true,
    max_tokens: 300,
    temperature: 1,
    ...asked,
  }),
});

export const TEXT = {
  source: 'text',
  path: 'api/backends/text-completions/generate',
  body: ({ url, ...asked }) => ({ api_type: 'generic', api_server: `${url}/v1`, max_tokens: 300, ...asked }),
};

export const MAKERSUITE = chat('makersuite');
export const VERTEXAI = chat('vertexai');
export const DEEPSEEK = chat('deepseek', '/v1');

/** Of the sources whose lists it asks for under an address of their own. */
export const LISTING = [
  { source: 'makersuite', body: (url) => ({ reverse_proxy: url }) },
  { source: 'deepseek', body: (url) => ({ reverse_proxy: `${url}/v1` }) },
].map(({ source, body }) => ({
  source,
  path: 'api/backends/chat-completions/status',
  body: (url) => ({ chat_completion_source: source, proxy_password: KEY, ...body(url) }),
}));

/** Sources of vectors: how SillyTavern names them, and what else it sends. */
export const VECTORS = [
  { source: 'vllm', body: (url) => ({ source: 'vllm', apiUrl: url }) },
  {
    source: 'makersuite',
    body: (url) => ({ source: 'palm', api: 'makersuite', reverse_proxy: url, proxy_password: KEY }),
  },
  {
    source: 'vertexai',
    body: (url) => ({ source: 'vertexai', api: 'vertexai', reverse_proxy: url, proxy_password: KEY }),
  },
];
