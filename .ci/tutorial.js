// tutorial.js FOLDER: whether the steps of docs/stages.md lead to what they promise, in a folder where the package is
// installed and nothing else, and whether TypeScript knows its types there.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [, , folder] = process.argv;
const root = fileURLToPath(new URL('..', import.meta.url));
const page = readFileSync(join(root, 'docs/stages.md'), 'utf8');

const write = (name, content) => {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), content);
};
const shell = (line) => execFileSync('sh', ['-c', line], { cwd: folder, encoding: 'utf8' });

for (const [, name, code] of page.matchAll(/```\w+\n(?:\/\/|#) (\S+\.(?:js|ts|json|yaml))\n(.*?)```/gs))
  write(name, code);

/** What a served proxy tells of its address, once it does. */
const serve = async (command, ...args) => {
  const child = spawn(command, [...args, '--port', '0'], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const limit = setTimeout(() => child.kill('SIGKILL'), 60_000);
  let told = '';
  const says = async (pattern) => {
    for await (const piece of child.stdout.iterator({ destroyOnReturn: false })) {
      told += piece;
      if (pattern.test(told)) break;
    }
    return pattern.exec(told);
  };
  const [, base] = await says(/"url":"([^"]+)"/);
  const end = async () => {
    child.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);
    clearTimeout(limit);
  };
  return { child, base, says, end };
};
const ask = async (base, path, body) => {
  const asked = {
    model: 'demo:http-503:1:t',
    messages: [{ role: 'user', content: 'Hello' }],
    max_tokens: 9000,
    ...body,
  };
  const response = await fetch(`${base}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(asked),
  });
  assert.equal(response.status, 200);
  return response.text();
};

const steps = [...page.matchAll(/```sh\n(.*?)```/gs)].flatMap(([, lines]) => lines.trim().split('\n'));
/** The first was done by the caller, with the package that was just made; the other is done below. */
const DONE_ELSEWHERE = ['npm install seaking-proxy', 'npx seaking-proxy'];
for (const step of steps) if (!DONE_ELSEWHERE.includes(step)) shell(step);
assert.match(shell('npx seaking-proxy stages'), /\[request\] +sailor\n/);

const bin = join(folder, 'node_modules', '.bin', 'seaking-proxy');
const proxy = await serve(bin);
for (const path of ['/chat/completions', '/messages']) {
  for (const stream of [false, true]) {
    assert.match(await ask(proxy.base, path, { model: `demo:http-503:1:${path}${stream}`, stream }), /Ahoy! /);
  }
}
write('stages/sailor.js', readFileSync(join(folder, 'stages/sailor.js'), 'utf8').replace('}! ', '}, sailor! '));
proxy.child.kill('SIGHUP');
await proxy.says(/"event":"reloaded"/);
assert.match(await ask(proxy.base, '/chat/completions', { model: 'demo:good-plain:always:t' }), /Ahoy, sailor! /);
await proxy.end();

// What an author in strict TypeScript writes, with no other types than those that came with the package: it compiles, and
// its own declarations can be made.
write(
  'stages/typed.ts',
  `import { Count, closed, defineStage, failures, type Hooks, optional, section, Text, withDefault } from 'seaking-proxy';

export const fields = {
  most: withDefault(Count, 5, 'How long a name may be.'),
  why: optional(Text, 'none', 'What the client is told.'),
  hot: section({ above: withDefault(Count, 1, 'What is too hot.') }, 'How hot it may be.'),
};

export default defineStage({
  name: 'typed',
  options: closed(fields),
  make: ({ most, why, hot: { above } }, { log }): Hooks<{ tries: number }> => ({
    state: () => ({ tries: 0 }),
    request: (e) => {
      if (e.call._tag !== 'Chat') return e;
      const { model, temperature } = e.call.body;
      if (model && model.length > most) return failures.refuse(why ?? 'Too long.');
      return typeof temperature === 'number' && temperature > above ? failures.refuse('Too hot.') : e;
    },
    attempt: (e, state) => {
      state.tries += 1;
      return { ...e, target: { name: e.target.name } };
    },
    reply: (e) => (e.reply.body._tag === 'Bytes' && e.reply.body.bytes.length < 5 ? failures.tryAgain('short') : e),
    json: ({ fields }) => ({ ...fields, by: 'typed' }),
    // @ts-expect-error: the tries are over.
    failure: () => failures.tryAgain('late'),
    finished: (e, { tries }) => log(\`\${tries} tries, \${e.durationMs} ms\`, e),
    // @ts-expect-error: bytes are bytes, and not anything.
    response: (e) => (e.reply.body._tag === 'Bytes' ? e.reply.body.bytes.nothing : e),
  }),
});
`,
);
write(
  'typed.test.ts',
  `import * as face from 'seaking-proxy';
import { finished, request, response, run, runJson, runText, startProxy } from 'seaking-proxy/testing';
import stage, { fields } from './stages/typed.js';

export const ran = run({ stage, with: { most: 5 } }, 'request', request({ body: { temperature: 2 } }));
export const told = run({ stage }, 'finished', finished({ durationMs: 5 }));
export const text = (given: { stage: 'replace-text' }) => runText(given, ['a']);
export const json = runJson({ stage: 'map-model' }, { model: 'a' }, response());
export const { schedule } = response().plan;
export const asked = async () => {
  const proxy = await startProxy({ stages: [{ stage }, { stage: (given) => given.defineStage(stage) }, { stage: 'headers' }] });
  const { attempts, status } = await proxy.ask({ faults: ['http-503'], stream: true });
  await proxy.close();
  return { events: proxy.events, attempts, status, summaries: proxy.events.map((event) => ('summary' in event ? event.summary : null)) };
};
export const view = face.viewOf(request().call.dialect, face.bytes(Buffer.from('{}')));
export const { timeouts } = request().request.body._tag === 'Held' ? { timeouts: null } : response().plan.target;
export const { timed_out } = face.reasons;
export const options = face.closed(fields);
export const why = (failure: face.Failure) => (failure._tag === 'GaveUp' ? failure.last : failure);
// @ts-expect-error: there is no such fault.
export const wrong = async () => (await startProxy()).ask({ faults: ['http-5x3'] });
`,
);
const options =
  '--ignoreConfig --outDir declared --declaration --strict --target es2023 --module nodenext --skipLibCheck false';
const files = ['typed.test.ts', 'stages/typed.ts'];
execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...options.split(' '), ...files], {
  cwd: folder,
  stdio: 'inherit',
});
