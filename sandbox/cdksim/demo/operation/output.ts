export type {{operationPascal}}Output = {
  id: number;
  title: string;
};
