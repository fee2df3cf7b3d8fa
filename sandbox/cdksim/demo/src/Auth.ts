export type {{pascal}}Auth = never;
