/**
 * A bound on what all callers send together, requests a second and at once, for each instance of the function limits
 * callers by itself. At 0.1 s a request this is a tenth of an account's 1,000 concurrent executions: the rest of them
 * is for the functions that work on deployments.
 */
const throttle = { throttlingRateLimit: 1000, throttlingBurstLimit: 2000 };

/** The HTTP API: one route, behind which the API's route table decides. The front of it answers no CORS request. */
export const gateway = new sst.aws.ApiGatewayV2('Gateway', {
  cors: false,
  transform: { stage: { defaultRouteSettings: throttle } },
});
