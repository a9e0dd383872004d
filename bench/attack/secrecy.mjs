/** S: an upstream that says aloud what it was told. */
import { chat, completion, event, reply, STREAM_END, statusOf, stream } from './messages.mjs';
import { KEY, startProxy, startUpstream } from './world.mjs';

/** Any of these in a reply gives the key or the upstream away. */
const giveaways = (got, port) =>
  [
    KEY,
    KEY.slice(3, 14),
    Buffer.from(KEY).toString('base64').slice(0, 20),
    `127.0.0.1:${port}`,
    'secret-cookie',
  ].filter((text) => got.includes(text));

const echoes = async () => {
  const text = (port) => `The key ${KEY} (Bearer ${KEY}) was sent to http://127.0.0.1:${port}/v1/chat/completions`;
  const json = ['content-type: application/json'];
  const loud = (port) => [
    `x-your-key: ${KEY}`,
    `x-auth-echo: Bearer ${KEY}`,
    `x-served-by: http://127.0.0.1:${port}/v1`,
    `x-upstream: 127.0.0.1:${port}`,
    'set-cookie: session=secret-cookie',
    'server: secret-server/1',
    'alt-svc: h3="secret-alt:443"',
    'strict-transport-security: max-age=1',
    'report-to: {"group":"secret-group"}',
    'nel: {"report_to":"secret-group"}',
  ];
  const cases = (port) => ({
    'a 400': { answer: reply(JSON.stringify({ error: { message: text(port) } }), { status: '400 Bad', fields: json }) },
    'a 401': { answer: reply(JSON.stringify({ error: { message: text(port) } }), { status: '401 No', fields: json }) },
    'a 500': { answer: reply(text(port), { status: '500 Oops' }) },
    'an error in a good reply': { answer: reply(JSON.stringify({ error: text(port) }), { fields: json }) },
    'a redirect': {
      answer: reply('', { status: '302 Found', fields: [`location: http://127.0.0.1:${port}/?key=${KEY}`] }),
    },
    'an error in a stream': {
      asks: stream(),
      answer: reply(`${event('a')}data: ${JSON.stringify({ error: { message: text(port) } })}\n\n`, {
        fields: ['content-type: text/event-stream'],
      }),
    },
    'header fields of a good reply': {
      answer: reply(completion('fine'), { fields: [...json, ...loud(port)] }),
      isGood: true,
      isLoud: true,
    },
    'header fields of a good stream': {
      asks: stream(),
      answer: reply(event('fine') + STREAM_END, { fields: ['content-type: text/event-stream', ...loud(port)] }),
      isGood: true,
      isLoud: true,
    },
  });
  let answer = '';
  const upstream = await startUpstream((_message, peer) => {
    peer.send(answer);
    peer.halfClose();
  });
  const proxy = await startProxy(upstream.url);
  const wrong = [];
  for (const [what, { asks = chat(), isGood = false, isLoud = false, ...one }] of Object.entries(
    cases(upstream.port),
  )) {
    answer = one.answer;
    const got = await proxy.asks(asks);
    const found = giveaways(got, upstream.port);
    const fields = isLoud
      ? (got.match(/^(server|set-cookie|alt-svc|strict-transport-security|report-to|nel):/gim) ?? [])
      : [];
    if (found.length + fields.length > 0)
      wrong.push(
        `${what} tells ${[...found.map((each) => (each === KEY ? 'the key' : each.startsWith('127') ? 'the host' : each)), ...fields].join(' ')}`,
      );
    else if (isGood && statusOf(got) !== 200) wrong.push(`${what} is a ${statusOf(got)}`);
  }
  const said = giveaways(proxy.said().split('\n').slice(1).join('\n'), 'none').length;
  const amiss = await proxy.amiss();
  await proxy.end();
  upstream.close();
  return [
    {
      what: 'an upstream that echoes the key and its own URL',
      figure: [`${wrong.length} replies tell, ${said} in the log`, ...wrong].join('; '),
      pass: wrong.length + said === 0 && amiss === '',
    },
  ];
};

export const secrecy = [{ id: 'S2', run: echoes }];
