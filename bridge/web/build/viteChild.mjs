// Builds the page into the folder it is told, says what it was warned of, and ends: Vite stays out of the caller's memory.
import { register } from 'tsx/esm/api';

register();
process.once('message', async ({ outDir, cacheDir }) => {
  try {
    const { build } = await import('vite');
    const { default: config } = await import('../vite.config.ts');
    await build({
      ...config,
      configFile: false,
      cacheDir,
      mode: 'production',
      logLevel: 'silent',
      build: { ...config.build, outDir, emptyOutDir: true },
    });
    process.send({ type: 'done' }, () => process.exit(0));
  } catch (error) {
    process.send({ type: 'error', message: error instanceof Error ? error.message : String(error) }, () =>
      process.exit(1),
    );
  }
});
