using Media.Engine.Quality;

namespace Media.Engine.Tests.Quality;

public class EModelTests
{
    [Fact]
    public void A_perfect_G711_path_has_the_best_score_of_the_model() =>
        Assert.Equal(4.41, EModel.MeanOpinionScore(CodecImpairment.G711, 0, 20), 2);

    // ITU-T G.107 equations by hand: Ie-eff = 95·1/(1+4.3) = 17.9, R = 75.3, MOS = 1 + 2.635 + 0.199.
    [Fact]
    public void One_percent_of_loss_without_concealment_costs_what_the_model_says() =>
        Assert.Equal(3.83, EModel.MeanOpinionScore(CodecImpairment.G711, 0.01, 20), 2);

    // By hand: Ie-eff = 95·5/(5/2+4.3) = 69.9, R = 23.3; with losses at random 95·5/9.3 = 51.1, R = 42.1.
    [Fact]
    public void Loss_in_bursts_costs_more_than_the_same_loss_at_random()
    {
        Assert.Equal(42.1, EModel.Rating(CodecImpairment.G711, 0.05, 20), 1);
        Assert.Equal(23.3, EModel.Rating(CodecImpairment.G711, 0.05, 20, burstRatio: 2), 1);
    }

    [Fact]
    public void Delay_starts_to_cost_at_100_ms_and_grows()
    {
        var scores = new double[] { 0, 100, 200, 400, 800 }.Select(ms => EModel.MeanOpinionScore(CodecImpairment.Opus, 0, ms)).ToArray();
        Assert.Equal(scores[0], scores[1]);
        for (var i = 2; i < scores.Length; i++)
            Assert.True(scores[i] < scores[i - 1]);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0, double.NaN)]
    [InlineData(5, 1e9)]
    public void The_score_stays_on_its_scale(double loss, double delay) =>
        Assert.InRange(EModel.MeanOpinionScore(CodecImpairment.G722, loss, delay), 1, 4.5);
}
