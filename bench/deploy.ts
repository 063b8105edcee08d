import { deploy as deployDags, deployed } from '../test/support/deploy.ts';
import { airflowOf, tenantWithTrial } from './support/deployment.ts';
import { withPlatform } from './support/platform.ts';
import { spread } from './support/statistics.ts';
import { stopwatch } from './support/stopwatch.ts';
import { printTable, say } from './support/table.ts';

const dag = (id: string, tag: string) => `
from airflow.sdk import dag, task

@dag(dag_id="${id}", schedule=None, tags=["${tag}"], is_paused_upon_creation=False)
def example():
    @task
    def work():
        return "${tag}"

    work()

example()
`;

/**
 * Deploys one after another, each with a DAG that changed and one that is new: the seconds until Airflow's REST,
 * behind the front door, shows both, from when finalize was answered and from the very start of the deploy.
 */
export async function deploy(rounds: number): Promise<void> {
  await withPlatform(async (platform) => {
    const { tenant, trial } = await tenantWithTrial(platform);
    const airflow = airflowOf(platform, tenant, trial);
    const measured: { accepted: number; changed: number; added: number }[] = [];
    for (let round = 0; round <= rounds; round++) {
      const tag = `round-${round}`;
      const files = {
        'changing.py': dag('changing', tag),
        [`added_${round}.py`]: dag(`added-${round}`, tag),
      };
      const elapsed = stopwatch();
      const id = await deployDags(tenant, trial.id, files);
      const accepted = elapsed();
      const until = async (dagId: string) => {
        await airflow.lists(dagId, tag);
        return elapsed();
      };
      const [changed, added] = await Promise.all([until('changing'), until(`added-${round}`)]);
      // The first one loads what the later ones find loaded.
      if (round > 0) measured.push({ accepted, changed, added });
      const status = await deployed(tenant, trial.id, id);
      say(`  deploy ${round}: ${changed.toFixed(2)} s, ${status}`);
    }
    const row = (title: string, of: (times: (typeof measured)[number]) => number) => [
      title,
      ...spread(measured.map(of), 2),
    ];
    printTable(
      `A deploy until its DAGs are visible, ${rounds} deploys, seconds`,
      ['', 'least', 'median', 'greatest'],
      [
        row('create, upload and finalize answered', ({ accepted }) => accepted),
        row('finalize answered -> the changed DAG', ({ accepted, changed }) => changed - accepted),
        row('finalize answered -> the new DAG', ({ accepted, added }) => added - accepted),
        row('the whole: create -> both', ({ changed, added }) => Math.max(changed, added)),
      ],
    );
  });
}
