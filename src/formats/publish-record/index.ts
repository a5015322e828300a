/** Builder v2's publish records. */
export {
  namesInRecord,
  type Publication,
  type PublishRecord,
  parsePublishRecord,
  type RecordedFile,
  renderPublishRecord,
} from "./publish-record.ts";
