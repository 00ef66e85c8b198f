namespace Fuzz.Tests;

/// <summary>Keeps every fuzz target working, and every input that once failed from failing again.</summary>
public class ReplayTests
{
    private const int MutationsPerTarget = 5_000;

    public static TheoryData<string> Targets => new(FuzzTargets.All.Select(target => target.Name));

    [Theory]
    [MemberData(nameof(Targets))]
    public void Every_seed_and_every_past_crash_runs(string name)
    {
        var target = FuzzTargets.Find(name)!;
        var inputs = Corpus.Load(name).ToList();
        Assert.NotEmpty(inputs);
        foreach (var (file, bytes) in inputs)
            Assert.True(Record.Exception(() => target.Run(bytes)) is null, $"{file}: {Record.Exception(() => target.Run(bytes))}");
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void A_fixed_sequence_of_mutations_runs(string name)
    {
        var target = FuzzTargets.Find(name)!;
        var mutator = new Mutator(seed: 1, [.. Corpus.Load(name).Select(entry => entry.Bytes)]);
        for (var i = 0; i < MutationsPerTarget; i++)
        {
            var input = mutator.Next();
            var failure = Record.Exception(() => target.Run(input));
            Assert.True(failure is null, $"mutation {i}, {Convert.ToHexString(input)}: {failure}");
        }
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void Nothing_and_noise_run(string name)
    {
        var target = FuzzTargets.Find(name)!;
        target.Run([]);
        var random = new Random(1);
        for (var length = 1; length < 600; length++)
        {
            var noise = new byte[length];
            random.NextBytes(noise);
            target.Run(noise);
        }
    }

    [Fact]
    public void Every_folder_of_inputs_belongs_to_a_target()
    {
        foreach (var kind in new[] { "Seeds", "Crashes" })
        {
            var folder = Path.GetDirectoryName(Corpus.Folder(kind, "any"))!;
            var names = Directory.Exists(folder) ? Directory.GetDirectories(folder).Select(path => Path.GetFileName(path)) : [];
            Assert.Empty(names.Except(FuzzTargets.All.Select(target => target.Name)));
        }
    }

    [Fact]
    public void Targets_have_names_of_their_own() =>
        Assert.Distinct(FuzzTargets.All.Select(target => target.Name));

    [Fact]
    public void The_mutator_repeats_itself_for_the_same_seed_and_not_for_another()
    {
        byte[][] corpus = [[1, 2, 3, 4, 5, 6, 7, 8], [9, 9, 9]];
        var (first, again, other) = (new Mutator(7, corpus), new Mutator(7, corpus), new Mutator(8, corpus));
        var differs = false;
        for (var i = 0; i < 1000; i++)
        {
            var input = first.Next();
            Assert.Equal(input, again.Next());
            Assert.True(input.Length <= Mutator.MaxLength);
            differs |= !input.SequenceEqual(other.Next());
        }
        Assert.True(differs);
    }
}
