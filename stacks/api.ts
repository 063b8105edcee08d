/**
 * A bound on what all callers send together, requests a second and at once, for each instance of the function limits
 * callers by itself. Half of an account's 1,000 concurrent executions are left for the functions that work on
 * deployments. Who is past it gets the gateway's own 429, without `Retry-After`.
 */
const throttle = { throttlingRateLimit: 500, throttlingBurstLimit: 500 };

/** The HTTP API: one route, behind which the API's route table decides. The front of it answers no CORS request. */
export const gateway = new sst.aws.ApiGatewayV2('Gateway', {
  cors: false,
  transform: { stage: { defaultRouteSettings: throttle } },
});
