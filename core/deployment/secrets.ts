/** The name of a secret of a deployment: all of them begin with the same, by which grants speak of them. */
export function secretName(deploymentId: string, of: string): string {
  return `windsock/${deploymentId}/${of}`;
}
