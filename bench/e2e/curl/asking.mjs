/** How curl is asked, and what is read of its output. */

export const WELL = 'good-plain';
export const JSON_TYPE = ['--header', 'content-type: application/json'];
export const FROM_STDIN = ['--data-binary', '@-'];
export const PLACES = {
  openai: { path: '/v1/chat/completions', more: {} },
  anthropic: { path: '/v1/messages', more: { max_tokens: 300 } },
};

export const bodyOf = ({ id, prompt }, source, wish, stream) =>
  JSON.stringify({
    model: `demo:${wish}:${id}`,
    messages: [{ role: 'user', content: prompt }],
    stream,
    ...PLACES[source].more,
  });

/** @returns {readonly string[]} the arguments, but for the body, which comes by stdin */
export const post = ({ url }, source, ...more) => [
  ...more,
  ...JSON_TYPE,
  ...FROM_STDIN,
  `${url}${PLACES[source].path}`,
];

export const dataOf = (bytes) =>
  [...bytes.toString().matchAll(/^data: (\{.*\})$/gm)].map(([, data]) => JSON.parse(data));
export const pieceOf = ({ choices, delta }) => choices?.[0]?.delta?.content ?? delta?.text ?? '';
export const textOf = (bytes) => dataOf(bytes).map(pieceOf).join('');
export const wholeText = ({ choices, content }) => choices?.[0].message.content ?? content[0].text;
export const errorOf = (bytes) => JSON.parse(bytes.toString()).error;

export const exits = ({ code, said }, wanted) => (code === wanted ? [] : [`exits with ${code}: ${said}`]);
