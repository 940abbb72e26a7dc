/// What is said of tokenizers, special tokens and chat templates. The words stand in Report.
public enum TokenizerWording: Sendable, Hashable, Comparable, CaseIterable {
  case absent, absentCost
  case tokensFit
  case otherTokensCost
  case readsOtherFile
  case noVocabulary
  case holdsNoVocabulary, holdsNoVocabularyCost
  case copyIt
  case idsBeyondEmbedding, idsBeyondEmbeddingCost
  case copyTokenizer
  case idsAlone
  case sameIds
  case idsDiffer
  case otherIds
  case otherIdsExample
  case otherCuts
  case otherIdsSlightCost
  case copyTokenizerFiles
  case unorderedIds, unorderedIdsRemedy
  case idBeyondEmbedding
  case idsFit
  case generationCost
  case copyNamed
  case bytes
  case differs
  case notBase
  case otherTemplateCost, otherTemplateRemedy
}
