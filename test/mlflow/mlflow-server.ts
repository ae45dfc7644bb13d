import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startTestServer } from '../support/local-server.ts'

/** A real embedded server, and Python scripts of this folder that log to it with the real client. */
export async function startMlflowServer(python: string) {
  const server = await startTestServer()
  const { url, token } = server.server
  return {
    request: server.request,
    stop: () => server.stop(),
    /** What the script printed last, as JSON. */
    async run(script: string) {
      const { stdout } = await promisify(execFile)(python, [fileURLToPath(new URL(script, import.meta.url))], {
        env: {
          ...process.env,
          MLFLOW_TRACKING_URI: url,
          MLFLOW_TRACKING_TOKEN: token,
          MLFLOW_HTTP_REQUEST_MAX_RETRIES: '1',
          GIT_PYTHON_REFRESH: 'quiet',
        },
      })
      return JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
    },
  }
}
