import { OperationGlobalConfigHttp } from '@trayio/cdk-dsl/connector/operation/OperationGlobalConfig';
import { {{pascal}}Auth } from './{{pascal}}Auth';

export const globalConfigHttp = OperationGlobalConfigHttp.create<{{pascal}}Auth>().withBaseUrl(() => 'https://jsonplaceholder.typicode.com');
