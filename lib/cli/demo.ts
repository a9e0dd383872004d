/** `seaking-proxy demo`: the demo upstream alone. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import { startDemo } from '../demo/server.js';
import { demoList } from './demo-list.js';
import { cannotListen } from './greeting.js';
import type { Options } from './options.js';
import { EXIT, type ProcessIo } from './process-io.js';

const PORT = 8485;

/** Serves until it is stopped, or prints what the demo can do; resolves to the exit code. */
export const demo = async (options: Options, processIo: ProcessIo): Promise<number> => {
  if (options.list) {
    processIo.out(demoList());
    return EXIT.ok;
  }
  const address = {
    host: O.getOrElse(() => '127.0.0.1')(options.host),
    port: O.getOrElse(() => PORT)(options.port),
  };
  const upstream = await TE.tryCatch(
    () => startDemo(address),
    (error) => String((error as NodeJS.ErrnoException).code),
  )();
  if (E.isLeft(upstream)) {
    processIo.err(cannotListen(address, upstream.left));
    return EXIT.unavailable;
  }
  processIo.out(`DEMO upstream on ${upstream.right.url}; for what it can do, run: seaking-proxy demo --list\n`);
  await processIo.stopped();
  await upstream.right.close();
  return EXIT.ok;
};
