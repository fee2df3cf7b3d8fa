import { OperationHandlerTestSetup } from '@trayio/cdk-dsl/connector/operation/OperationHandlerTest';
import { OperationHandlerResult } from '@trayio/cdk-dsl/connector/operation/OperationHandler';
import { {{operationCamel}}Handler } from './handler';

OperationHandlerTestSetup.configureHandlerTest({{operationCamel}}Handler, (test) =>
  test.usingHandlerContext('test').nothingBeforeAll().testCase('reads a record', (testCase) =>
    testCase
      .givenNothing()
      .when(() => ({ id: 1 }))
      .then(({ output }) => {
        const result = OperationHandlerResult.getSuccessfulValueOrFail(output);
        expect(result.id).toEqual(1);
      })
      .finallyDoNothing()
  ).nothingAfterAll()
);
