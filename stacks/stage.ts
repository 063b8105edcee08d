/** What begins the name of everything in this stage, `windsock-production`. */
export const prefix = `${$app.name}-${$app.stage}`;

/** Production keeps its data: nothing in it is deleted by a deployment or by removing the stage. */
export const production = $app.stage === 'production';

export const region = aws.getRegionOutput().region;
export const account = aws.getCallerIdentityOutput().accountId;
