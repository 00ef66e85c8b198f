namespace Gateway.Worker.Tests.Losses;

/// <summary>What the manual says of a lost PostgreSQL, line by line.</summary>
[Trait("Category", "Nightly")]
public sealed class PostgresLossTests
{
    public static TheoryData<string, string, string, string, string> Lines => LossTable.Of("PostgreSQL");

    [Theory]
    [MemberData(nameof(Lines))]
    public Task Calls_fare_as_the_manual_says(string lost, string live, string ringing, string fresh, string records) =>
        LossBench.RunAsync(lost, live, ringing, fresh, records);
}
