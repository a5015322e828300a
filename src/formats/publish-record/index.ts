/** Builder v2's publish records. */
export {
  namesInRecord,
  type PublishRecord,
  parsePublishRecord,
  renderPublishRecord,
} from "./publish-record.ts";
