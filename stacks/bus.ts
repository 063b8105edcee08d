/** Domain events, published from the table's own changes. */
export const bus = new sst.aws.Bus('Bus');
