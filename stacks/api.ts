/** The HTTP API: one route, behind which the API's route table decides. The front of it answers no CORS request. */
export const gateway = new sst.aws.ApiGatewayV2('Gateway', { cors: false });
