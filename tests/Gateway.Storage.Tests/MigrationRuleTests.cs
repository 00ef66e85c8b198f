using System.Security.Cryptography;
using System.Text;
using Testing;

namespace Gateway.Storage.Tests;

/// <summary>
/// Migrations by which two adjacent versions run on one schema: they only add, and take away what no version reads any more.
/// </summary>
public sealed class MigrationRuleTests
{
    /// <summary>The last migration from before the rule.</summary>
    private const int Before = 37;

    private static readonly string Folder = Repository.File("gateway", "Gateway.Storage", "Migrations");

    /// <summary>By their names, in order.</summary>
    private static (string Name, string Sql)[] Migrations =>
        [.. System.IO.Directory.GetFiles(Folder, "*.sql").Order(StringComparer.Ordinal)
            .Select(path => (Path.GetFileNameWithoutExtension(path), File.ReadAllText(path)))];

    /// <summary>Version, its last migration, and the digest over all migrations up to that.</summary>
    private static (string Version, int Last, string Digest)[] Releases =>
        [.. File.ReadLines(Path.Combine(Folder, "releases.txt")).Where(line => line is not "" and not ['#', ..])
            .Select(line => line.Split(' ')).Select(parts => (parts[0], int.Parse(parts[1]), parts[2]))];

    [Fact]
    public void A_migration_only_adds_or_names_the_one_since_which_nobody_reads_what_it_takes_away()
    {
        foreach (var (name, sql) in Migrations.Where(one => MigrationName.NumberOf(one.Name) > Before))
        {
            if (MigrationName.ContractOf(name) is > 0 and var since)
                Assert.True(since <= Releases[^1].Last, $"{name}: {since:0000} is in no release yet");
            else
                Assert.Equal((name, ""), (name, string.Join("; ", MigrationRules.Faults(sql))));
        }
    }

    [Fact]
    public void Numbers_follow_each_other() =>
        Assert.All(Migrations.Zip(Migrations.Skip(1)), pair => Assert.True(
            MigrationName.NumberOf(pair.First.Name) < MigrationName.NumberOf(pair.Second.Name), pair.Second.Name));

    [Fact]
    public void What_is_released_is_not_changed()
    {
        Assert.NotEmpty(Releases);
        foreach (var (version, last, digest) in Releases)
        {
            var text = string.Concat(
                Migrations.Where(one => MigrationName.NumberOf(one.Name) <= last).Select(one => $"{one.Name}\n{one.Sql}\n"));
            Assert.Equal($"{version} {digest}", $"{version} {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}");
        }
    }

    [Theory]
    [InlineData("ALTER TABLE calls ADD COLUMN note text")]
    [InlineData("ALTER TABLE calls ADD COLUMN n int NOT NULL DEFAULT 1;\nALTER TABLE holds ADD COLUMN a int, ADD COLUMN b numeric(9, 4)")]
    [InlineData("CREATE TABLE snapshots (id text PRIMARY KEY); CREATE INDEX snapshots_of ON snapshots (id); -- DROP nothing")]
    [InlineData("CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$; UPDATE calls SET note = '' WHERE id = 'a';")]
    public void Adding_is_allowed(string sql) => Assert.Empty(MigrationRules.Faults(sql));

    [Theory]
    [InlineData("ALTER TABLE calls DROP COLUMN note")]
    [InlineData("ALTER TABLE calls RENAME COLUMN note TO remark")]
    [InlineData("ALTER TABLE calls RENAME TO attempts")]
    [InlineData("DROP TABLE calls")]
    [InlineData("alter table calls\n  alter column note type integer using note::integer")]
    [InlineData("ALTER TABLE calls ALTER COLUMN note SET NOT NULL")]
    [InlineData("ALTER TABLE calls ADD COLUMN note text NOT NULL")]
    [InlineData("ALTER TABLE calls ADD COLUMN a int, ADD COLUMN note text NOT NULL")]
    [InlineData("ALTER TABLE calls ADD CONSTRAINT short CHECK (length(note) < 5)")]
    [InlineData("CREATE UNIQUE INDEX once ON calls (whatsapp_id)")]
    [InlineData("ALTER TABLE calls ADD COLUMN note text, DROP COLUMN cause")]
    [InlineData("REVOKE SELECT ON calls FROM gateway")]
    [InlineData("TRUNCATE events")]
    [InlineData("DO $$ BEGIN ALTER TABLE calls DROP COLUMN note; END $$")]
    [InlineData("CREATE TRIGGER t BEFORE INSERT ON calls FOR EACH ROW EXECUTE FUNCTION f()")]
    public void What_the_version_before_would_miss_is_a_fault(string sql) => Assert.Single(MigrationRules.Faults(sql));

    [Theory]
    [InlineData("0041_snapshots", 41, 0)]
    [InlineData("0045_contract_0041_old_snapshots", 45, 41)]
    [InlineData("0045_contracts_of_trunks", 45, 0)]
    public void A_name_says_what_a_program_has_to_know(string name, int number, int contract) =>
        Assert.Equal((number, contract), (MigrationName.NumberOf(name), MigrationName.ContractOf(name)));
}
