namespace Gateway.Worker.Tests.Losses;

/// <summary>What the manual says of a lost Redis, line by line.</summary>
[Trait("Category", "Nightly")]
public sealed class RedisLossTests
{
    public static TheoryData<string, string, string, string, string> Lines => LossTable.Of("Redis");

    [Theory]
    [MemberData(nameof(Lines))]
    public Task Calls_fare_as_the_manual_says(string lost, string live, string ringing, string fresh, string records) =>
        LossBench.RunAsync(lost, live, ringing, fresh, records);

    [Fact]
    public void Every_line_is_of_one_of_the_stores()
    {
        Assert.NotEmpty(LossTable.Rows());
        Assert.All(LossTable.Rows(), row => Assert.Matches("^(PostgreSQL|Redis)", row[0]));
    }
}
