import { OperationHandlerSetup } from '@trayio/cdk-dsl/connector/operation/OperationHandlerSetup';
import { {{pascal}}Auth } from '../{{pascal}}Auth';
import { globalConfigHttp } from '../GlobalConfig';
import { {{operationPascal}}Input } from './input';
import { {{operationPascal}}Output } from './output';

export const {{operationCamel}}Handler = OperationHandlerSetup.configureHandler<
  {{pascal}}Auth,
  {{operationPascal}}Input,
  {{operationPascal}}Output
>((handler) =>
  handler.withGlobalConfiguration(globalConfigHttp).usingHttp((http) =>
    http
      .get('/posts/:id')
      .handleRequest((ctx, input, request) => request.addPathParameter('id', String(input.id)).withoutBody())
      .handleResponse((ctx, input, response) => response.parseWithBodyAsJson())
  )
);
