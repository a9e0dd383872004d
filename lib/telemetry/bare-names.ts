/** Files by their names alone: in what folders they are is nobody's business who asks over HTTP. */

/** The beginning of a problem: its file, which may have spaces in its path. */
const FIRST = /^(.*?)[^\\/]+?(?::\d+:\d+: | cannot be read )/;

/** Any other path that begins at a root, of a drive too, up to its last part. */
const FOLDERS = /(?:file:\/\/|(?<![\w.\\/-]))(?:[a-z]:)?[\\/](?:[^\s'"()\\/]+[\\/])*(?=[^\s'"()\\/])/gi;

export const withBareNames = (problem: string): string => {
  const folder = FIRST.exec(problem)?.[1] ?? '';
  return (folder === '' ? problem : problem.replaceAll(folder, '')).replace(FOLDERS, '');
};
