"""What pages share: blueprints' helpers, forms and fields, paging, error pages, headers, words for dates."""
