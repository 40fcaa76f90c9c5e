"""Operators that make features of the words and n-grams of a text."""

from __future__ import annotations

from dataclasses import dataclass

from mainspring.transforms.transform import Transform

__all__ = ["BagOfWords", "CharNgrams", "TfIdf", "WordIds", "WordNgrams"]


@dataclass(frozen=True, repr=False)
class WordNgrams(Transform, op="word_ngrams"):
    """Count words, and runs of words, in a fixed number of features by their hash.

    Feature hashing: nothing is learnt, any word has a feature, several may share one. A word is a
    run of letters, digits and ``_``, see :doc:`/concepts/text`. Features are called
    ``NAME_word_hash_0``, ``NAME_word_hash_1``, ...

    Parameters
    ----------
    ngram_range : tuple of int, default (1, 1)
        Fewest and most words of an n-gram, 1 to 16. Words are joined by one space.
    buckets : int, default 4096
        Number of features, 2 to 16,777,216.
    lowercase : bool, default True
        ``A`` to ``Z`` count as ``a`` to ``z``; other characters stay as they are.
    min_word_length : int, default 2
        Shorter words are left out, as those of more than 255 bytes are; their neighbours then stand
        side by side. In characters, 1 to 255.
    binary : bool, default False
        1 where the row has an n-gram, however often.
    alternate_sign : bool, default True
        Half of the n-grams count -1, so that those that share a feature cancel on average. Without
        effect where ``binary=True``.
    norm : {"l2", "l1", None}, default "l2"
        Divide the row's values by the root of the sum of their squares, or by the sum of their
        absolute values.

    Raises
    ------
    ParameterError
        For a parameter out of its range.
    SchemaError
        While fitting: the column has no strings.

    Notes
    -----
    Formula
        ``bucket(hash(n-gram))`` says the feature, the lowest bit of the hash the sign; the hash is
        that of ``hash``. Counts are exact up to 2^24.
    Missing
        0 in every feature, as for the empty string; add ``missing_flag()`` to tell the two apart.
    Infinity
        Strings have none.
    Memory
        None while fitting. Dense features take 4 bytes each for every row: with many buckets ask
        for ``output="csr"``.

    References
    ----------
    K. Weinberger, A. Dasgupta, J. Langford, A. Smola and J. Attenberg, "Feature hashing for large
    scale multitask learning" (2009), doi:10.1145/1553374.1553516.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"title": "Red shoes, red laces"}, {"title": None}]
    >>> hashed = ms.col("title").word_ngrams(buckets=4, alternate_sign=False, norm=None)
    >>> ms.Preprocessor(hashed).fit_transform(rows).sum(axis=1).tolist()
    [4.0, 0.0]
    """

    ngram_range: tuple[float, ...] = (1, 1)
    buckets: int = 4096
    lowercase: bool = True
    min_word_length: int = 2
    binary: bool = False
    alternate_sign: bool = True
    norm: str | None = "l2"


@dataclass(frozen=True, repr=False)
class CharNgrams(Transform, op="char_ngrams"):
    """Count runs of characters in a fixed number of features by their hash.

    Robust against spelling and endings, and fit for scripts without spaces between words. Nothing
    is learnt. Features are called ``NAME_char_hash_0``, ... or ``NAME_char_wb_hash_0``, ...

    Parameters
    ----------
    ngram_range : tuple of int, default (3, 5)
        Fewest and most characters of an n-gram, 1 to 16.
    buckets : int, default 4096
        Number of features, 2 to 16,777,216.
    word_bounds : bool, default False
        Only inside of what stands between spaces, with a space on either side; what is shorter than
        an n-gram counts once. Else over the whole text, where two or more spaces are one.
    lowercase : bool, default True
        ``A`` to ``Z`` count as ``a`` to ``z``; other characters stay as they are.
    binary : bool, default False
        1 where the row has an n-gram, however often.
    alternate_sign : bool, default True
        Half of the n-grams count -1, so that those that share a feature cancel on average. Without
        effect where ``binary=True``.
    norm : {"l2", "l1", None}, default "l2"
        Divide the row's values by the root of the sum of their squares, or by the sum of their
        absolute values.

    Raises
    ------
    ParameterError
        For a parameter out of its range.
    SchemaError
        While fitting: the column has no strings.

    Notes
    -----
    Formula
        As for ``word_ngrams``; the n-grams are those of scikit-learn's analyzers ``char`` and
        ``char_wb``.
    Missing
        0 in every feature, as for the empty string.
    Infinity
        Strings have none.
    Memory
        None while fitting. Dense features take 4 bytes each for every row: with many buckets ask
        for ``output="csr"``.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"name": "Meyer"}, {"name": "Meier"}, {"name": "Ng"}]
    >>> runs = ms.col("name").char_ngrams((2, 2), word_bounds=True, alternate_sign=False, norm=None)
    >>> counts = ms.Preprocessor(runs).fit_transform(rows)
    >>> (counts[0] * counts[1:]).sum(axis=1).tolist()  # " m", "me", "er", "r "
    [4.0, 0.0]
    """

    ngram_range: tuple[float, ...] = (3, 5)
    buckets: int = 4096
    word_bounds: bool = False
    lowercase: bool = True
    binary: bool = False
    alternate_sign: bool = True
    norm: str | None = "l2"


@dataclass(frozen=True, repr=False)
class BagOfWords(Transform, op="bag_of_words"):
    """Count the words, or n-grams, that fitting has seen: one feature for each.

    Features are in the order of how often their n-gram occurs, then of its bytes, and called
    ``NAME_word_count_NGRAM``, with ``char`` or ``char_wb`` for other analyzers. Where nothing is
    kept there is one, ``NAME_word_count_none``, that is always 0.

    Parameters
    ----------
    analyzer : {"word", "char", "char_wb"}, default "word"
        Words; characters of the whole text; characters inside of what stands between spaces.
    ngram_range : tuple of int, default (1, 1)
        Fewest and most words or characters of an n-gram, 1 to 16.
    lowercase : bool, default True
        ``A`` to ``Z`` count as ``a`` to ``z``; other characters stay as they are.
    min_word_length : int, default 2
        Shorter words are left out, as those of more than 255 bytes are. In characters, 1 to 255.
    min_count : int, default 1
        N-grams in fewer rows are left out.
    min_share : float, default 0.0
        N-grams in a smaller share of all rows, missing ones among them, are left out.
    max_share : float, default 1.0
        N-grams in a larger share of all rows are left out.
    max_size : int, optional
        Most n-grams that are kept: those that occur most often.
    binary : bool, default False
        1 where the row has an n-gram, however often.
    norm : {"l2", "l1", None}, default None
        Divide the row's values by the root of the sum of their squares, or by the sum of their
        absolute values.

    Raises
    ------
    ParameterError
        For a parameter out of its range.
    SchemaError
        While fitting: the column has no strings.
    DataError
        While fitting: more than 262,144 n-grams would be kept.

    Notes
    -----
    Formula
        How often the row has the n-gram; those that fitting has not seen or not kept count nowhere.
        Exact up to 2^24.
    Missing
        0 in every feature, as for the empty string.
    Infinity
        Strings have none.
    Memory
        Some 72 bytes and the bytes beyond 31 for each distinct n-gram while fitting, kept or not.
    Merging
        Exact: any batches, threads and shards give the same bits.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"title": "Red shoes, red laces"}, {"title": "blue shoes"}]
    >>> prep = ms.Preprocessor(ms.col("title").bag_of_words(min_count=2))
    >>> prep.fit_transform(rows).tolist(), prep.feature_names_out_
    ([[1.0], [1.0]], ['title_word_count_shoes'])
    """

    analyzer: str = "word"
    ngram_range: tuple[float, ...] = (1, 1)
    lowercase: bool = True
    min_word_length: int = 2
    min_count: int = 1
    min_share: float = 0.0
    max_share: float = 1.0
    max_size: int | None = None
    binary: bool = False
    norm: str | None = None


@dataclass(frozen=True, repr=False)
class TfIdf(Transform, op="tf_idf"):
    """Weigh the words, or n-grams, of a text by how few rows have them.

    The numbers of scikit-learn's ``TfidfVectorizer`` over the same n-grams. Features are those of
    ``bag_of_words``, called ``NAME_word_tf_idf_NGRAM``.

    Parameters
    ----------
    analyzer : {"word", "char", "char_wb"}, default "word"
        Words; characters of the whole text; characters inside of what stands between spaces.
    ngram_range : tuple of int, default (1, 1)
        Fewest and most words or characters of an n-gram, 1 to 16.
    lowercase : bool, default True
        ``A`` to ``Z`` count as ``a`` to ``z``; other characters stay as they are.
    min_word_length : int, default 2
        Shorter words are left out, as those of more than 255 bytes are. In characters, 1 to 255.
    min_count : int, default 1
        N-grams in fewer rows are left out.
    min_share : float, default 0.0
        N-grams in a smaller share of all rows, missing ones among them, are left out.
    max_share : float, default 1.0
        N-grams in a larger share of all rows are left out.
    max_size : int, optional
        Most n-grams that are kept: those that occur most often.
    binary : bool, default False
        The number of times is 1, however often.
    sublinear_tf : bool, default False
        1 + log(number of times) instead of the number.
    smooth_idf : bool, default True
        As though one more row had every n-gram once.
    norm : {"l2", "l1", None}, default "l2"
        Divide the row's values by the root of the sum of their squares, or by the sum of their
        absolute values.

    Raises
    ------
    ParameterError
        For a parameter out of its range.
    SchemaError
        While fitting: the column has no strings.
    DataError
        While fitting: more than 262,144 n-grams would be kept.

    Notes
    -----
    Formula
        Times that the row has the n-gram, by ``1 + log((1 + rows) / (1 + rows that have it))``, or
        ``1 + log(rows / rows that have it)`` where not smooth; rows that are missing do not count.
        In float64, each row's squares added up in the order of the features.
    Missing
        0 in every feature, as for the empty string.
    Infinity
        Strings have none.
    Memory
        Some 72 bytes and the bytes beyond 31 for each distinct n-gram while fitting, kept or not.
    Merging
        Exact: any batches, threads and shards give the same bits.

    References
    ----------
    G. Salton and C. Buckley, "Term-weighting approaches in automatic text retrieval" (1988),
    doi:10.1016/0306-4573(88)90021-0.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"title": "red shoes"}, {"title": "blue shoes"}, {"title": None}]
    >>> prep = ms.Preprocessor(ms.col("title").tf_idf())
    >>> prep.fit_transform(rows).round(3).tolist()
    [[0.5799999833106995, 0.0, 0.8149999976158142], [0.5799999833106995, 0.8149999976158142, 0.0], \
[0.0, 0.0, 0.0]]
    """

    analyzer: str = "word"
    ngram_range: tuple[float, ...] = (1, 1)
    lowercase: bool = True
    min_word_length: int = 2
    min_count: int = 1
    min_share: float = 0.0
    max_share: float = 1.0
    max_size: int | None = None
    binary: bool = False
    sublinear_tf: bool = False
    smooth_idf: bool = True
    norm: str | None = "l2"


@dataclass(frozen=True, repr=False)
class WordIds(Transform, op="word_ids"):
    """Number the words of a text in their order, padded with 0 or cut to a length.

    What tables of word vectors and models of sequences are looked up by: ``vectors[ids]``. Ids are
    those of ``ordinal``: 0 behind the last word, 1 for words without an id of their own, then 2, 3,
    ... A word is a run of letters, digits and ``_``, see :doc:`/concepts/text`. Features are called
    ``NAME_word_0``, ``NAME_word_1``, ...

    Parameters
    ----------
    length : int
        Number of features, 1 to 262,144: words behind so many are left out.
    words : tuple of str, default ()
        The words that have ids: the first one has 2. Without any they are learnt, from the most
        frequent on, words of equal count by their bytes.
    lowercase : bool, default True
        ``A`` to ``Z`` count as ``a`` to ``z``; other characters stay as they are. Given words are
        looked up as they are.
    min_word_length : int, default 1
        Shorter words are left out, as those of more than 255 bytes are; the next one takes their
        place. In characters, 1 to 255.
    min_count : int, default 1
        Words seen less often share the id 1.
    max_size : int, optional
        Most words that get an id of their own: the most frequent.

    Raises
    ------
    ParameterError
        For a parameter out of its range, a word that is given twice, and ``min_count`` or
        ``max_size`` beside given words.
    SchemaError
        While fitting: the column has no strings.
    DataError
        While fitting: more than 16,777,214 words would be kept, which float32 cannot number.

    Notes
    -----
    Formula
        Feature i is the id of word i of the text.
    Missing
        0 in every feature, as for a text without words; add ``missing_flag()`` to tell the two
        apart.
    Infinity
        Strings have none.
    Memory
        Some 72 bytes and the bytes beyond 31 for each distinct word while fitting, kept or not;
        none where words are given.
    Merging
        Exact: any batches, threads and shards give the same bits.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"title": "Red shoes, red laces"}, {"title": "shoes"}, {"title": None}]
    >>> ms.Preprocessor(ms.col("title").word_ids(3)).fit_transform(rows).tolist()
    [[2.0, 3.0, 2.0], [3.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    >>> known = ms.col("title").word_ids(4, words=("shoes", "laces"))
    >>> ms.Preprocessor(known).fit_transform(rows[:1]).tolist()
    [[1.0, 2.0, 1.0, 3.0]]
    """

    length: int = 0
    words: tuple[str, ...] = ()
    lowercase: bool = True
    min_word_length: int = 1
    min_count: int = 1
    max_size: int | None = None
