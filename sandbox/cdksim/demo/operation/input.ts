export type {{operationPascal}}Input = {
  id: number;
};
