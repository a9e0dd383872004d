/** N2: networks in which nothing can be reached, each made for the row and taken away behind it. */
import { spawnSync } from 'node:child_process';
import { file, start } from '../gauntlet/processes.mjs';

/** Nothing answers at the first; to the others there is no way, each for its own reason. */
const ROUTES = [
  { what: 'no answer to SYN', address: '192.0.2.2', code: undefined },
  { what: 'no route', address: '203.0.113.1', code: 'ENETUNREACH' },
  { what: 'an unreachable host', address: '198.51.100.1', code: 'EHOSTUNREACH', route: 'unreachable' },
  { what: 'a forbidden one', address: '198.51.101.1', code: 'EACCES', route: 'prohibit' },
];

const CONNECT_MS = 1000;

const ip = (...args) => spawnSync('ip', args, { encoding: 'utf8' });

const make = (name) => {
  const inside = (...args) => ip('-n', name, ...args);
  const made = [
    ip('netns', 'add', name),
    inside('link', 'set', 'lo', 'up'),
    // What goes there comes back, is for nobody, and is dropped.
    inside('address', 'add', '192.0.2.1/32', 'dev', 'lo'),
    inside('route', 'add', '192.0.2.2/32', 'dev', 'lo', 'src', '192.0.2.1'),
    ...ROUTES.filter(({ route }) => route !== undefined).map(({ route, address }) =>
      inside('route', 'add', route, `${address}/32`),
    ),
  ];
  return made.find(({ status }) => status !== 0);
};

const unreachable = async () => {
  const what = 'networks in which nothing can be reached';
  if (ip('-V').error !== undefined) return [{ what, skipped: 'there is no iproute2' }];
  if (process.getuid?.() !== 0) return [{ what, skipped: 'only root can make a network namespace' }];
  const name = `attack-${process.pid}`;
  const remove = () => ip('netns', 'delete', name);
  process.once('exit', remove);
  try {
    const failed = make(name);
    if (failed !== undefined) return [{ what, skipped: `none can be made here (${failed.stderr.trim()})` }];
    const lines = [];
    for (const { what: how, address, code } of ROUTES) {
      const child = start('ip', [
        'netns',
        'exec',
        name,
        process.execPath,
        file('bench/attack/inside.mjs'),
        `http://${address}:80/v1`,
        String(CONNECT_MS),
      ]);
      const [, said] = await child.says(/^RESULT (.*)$/m);
      const { status, ms, error } = JSON.parse(said);
      await child.end();
      const isNamed =
        code === undefined ? Math.abs(ms - CONNECT_MS) <= CONNECT_MS / 10 : error.message.includes(code) && ms < 500;
      lines.push({
        what: how,
        figure: `${status} ${error.code} in ${ms.toFixed(0)} ms, "${error.message}"`,
        pass: status === 502 && error.code === 'unreachable' && isNamed,
      });
    }
    return lines;
  } finally {
    remove();
  }
};

export const network = [{ id: 'N2', run: unreachable }];
