/** What the bootstrap's test runs: says how it was run, or waits for a signal. */
const [first, ...rest] = process.argv.slice(2);
if (first === 'wait') {
  const alive = setInterval(() => undefined, 1_000);
  process.on('SIGTERM', () => {
    console.log('told SIGTERM');
    clearInterval(alive);
    process.exitCode = 7;
  });
  console.log('waiting');
} else {
  const node = Number(process.versions.node.split('.')[0]);
  console.log(JSON.stringify({ node, arguments: [first, ...rest] }));
  process.exitCode = Number(first);
}
