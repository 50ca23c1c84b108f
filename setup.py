"""Installs the two packages: ``sieve`` (the language) and ``stalwart_g`` (the server)."""

from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent

setup(
    name="stalwart_g",
    version="0.1.0",
    description="A mail server on gevent in which every policy decision is a Sieve script",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.11",
    packages=find_packages(include=["sieve", "sieve.*", "stalwart_g", "stalwart_g.*"]),
    package_data={
        "sieve": ["py.typed", "*.lark", "**/*.tsv"],
        "stalwart_g": ["py.typed", "rfc.tsv", "**/*.sql", "**/*.tsv"],
    },
    data_files=[
        (
            str(Path("share/stalwart_g") / folder.relative_to(HERE)),
            [str(f.relative_to(HERE)) for f in folder.iterdir() if f.is_file()],
        )
        for folder in [HERE / "etc", *(p for p in (HERE / "etc").rglob("*") if p.is_dir())]
    ],
    install_requires=[
        "gevent>=26.9,<27",
        "lark>=1.3.1,<2",
        "dnspython>=2.9,<3",
        "falcon>=4.4,<5",
        "sqlite-utils>=4.2,<5",
        "sievelib==1.6.0",
        "cryptography>=50,<51",
        "msgspec>=0.22,<1",
        "click>=8.1,<9",
        "rich>=15,<16",
        "argon2-cffi>=25.1,<26",
        "passlib>=1.7.4,<2",
        "bcrypt>=5,<6",
        "prometheus-client>=0.26,<1",
        "google-re2==1.1.20251105",
        "zstandard>=0.25,<1",
        "publicsuffixlist>=1.1.2,<2",
        "confusable-homoglyphs>=3.3.1,<4",
    ],
    extras_require={
        "mysql": ["pymysql>=1.2,<2"],
        "ldap": ["python-ldap==3.4.8"],
        "pgp": ['pgpy==0.6.0; python_version<"3.13"', 'PGPy13==0.6.1rc1; python_version>="3.13"'],
        "editor": ["pygls>=2.1,<3"],
        "all": [
            "pygls>=2.1,<3",
            "pymysql>=1.2,<2",
            "python-ldap==3.4.8",
            'pgpy==0.6.0; python_version<"3.13"',
            'PGPy13==0.6.1rc1; python_version>="3.13"',
        ],
        "dev": [
            "pygls>=2.1,<3",
            "debugpy>=1.8.20,<2",
            "pytest>=9,<10",
            "pytest-xdist>=3.8,<4",
            "hypothesis>=6.170,<7",
            "mypy==2.4.1",
            "ruff==0.17.6",
            "import-linter==2.16",
            "dkimpy[arc,ed25519]>=1.1.8,<2",
            "authres==1.2.0",
            "pyyaml>=6,<7",
            "types-PyMySQL",
            "types-PyYAML",
            "tomli-w",
        ],
        "bench": ["fast-mail-parser==0.10.0", "aiosmtpd==1.4.6", "pyspf==2.0.14"],
    },
    entry_points={"console_scripts": ["stalwart-g=stalwart_g.__main__:main"]},
)
