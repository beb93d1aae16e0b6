"""What is known of troubles and jobs, to be read in the cellar."""

from models.knowledge import Article
from sync.documents.catalog import Catalogued
from sync.documents.document import Data


class ArticleDocument(Catalogued):
    """One article, as long as it is published."""

    type = "article"
    row = Article

    def shows(self, row: Article) -> bool:
        return row.published

    def tell(self, row: Article) -> Data:
        return {
            "code": row.code,
            "language": row.language,
            "title": row.title,
            "body": row.body,
            "models": row.models,
        }
