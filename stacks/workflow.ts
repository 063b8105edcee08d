import { functions } from './functions.ts';
import { machineName } from './names.ts';
import { prefix } from './stage.ts';
import operate from './workflow/operate.asl.json' with { type: 'json' };
import remove from './workflow/remove.asl.json' with { type: 'json' };

const [step] = functions.filter(({ entry }) => entry.trigger.kind === 'step');
if (step === undefined) throw new Error('The catalog has no function with a step trigger');
const { arn } = step.function;

/** All that a machine may do: call the function of its steps. */
const role = new aws.iam.Role('WorkflowRole', {
  name: `${prefix}-workflow`,
  assumeRolePolicy: aws.iam.assumeRolePolicyForPrincipal({ Service: 'states.amazonaws.com' }),
});

new aws.iam.RolePolicy('WorkflowPolicy', {
  role: role.name,
  policy: aws.iam.getPolicyDocumentOutput({
    statements: [{ actions: ['lambda:InvokeFunction'], resources: [arn] }],
  }).json,
});

for (const [machine, definition] of [
  ['operate', operate],
  ['remove', remove],
] as const) {
  new aws.sfn.StateMachine(machine, {
    name: machineName(machine),
    roleArn: role.arn,
    definition: arn.apply((arn) => JSON.stringify(definition).replaceAll('${step}', arn)),
  });
}
