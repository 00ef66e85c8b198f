using Media.Engine.Loop;

namespace Media.Engine.Tests.Loop;

public class LoopCommandsTests
{
    private readonly LoopCommands _commands = new();
    private readonly List<int> _ran = [];

    [Fact]
    public void Commands_run_in_their_order_once()
    {
        for (var i = 0; i < 3; i++)
            Add(i);
        _commands.Run();
        _commands.Run();
        Assert.Equal([0, 1, 2], _ran);
    }

    [Fact]
    public void Only_the_first_that_waits_asks_for_a_wake()
    {
        Assert.True(Add(0));
        Assert.False(Add(1));
        _commands.Run();
        Assert.True(Add(2));
    }

    [Fact]
    public void A_command_that_a_command_adds_waits_for_the_next_time()
    {
        _commands.Add(() => Assert.True(Add(1)));
        _commands.Run();
        Assert.Empty(_ran);
        _commands.Run();
        Assert.Equal([1], _ran);
    }

    [Fact]
    public async Task None_of_many_writers_loses_a_command_or_its_order()
    {
        const int Writers = 4, Each = 20_000;
        var ran = new List<(int Writer, int Number)>();
        var writing = Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() =>
        {
            for (var i = 0; i < Each; i++)
            {
                var number = i;
                _commands.Add(() => ran.Add((writer, number)));
            }
        })));
        while (!writing.IsCompleted)
            _commands.Run();
        await writing;
        _commands.Run();
        Assert.All(
            ran.GroupBy(one => one.Writer, one => one.Number), numbers => Assert.Equal(Enumerable.Range(0, Each), numbers));
        Assert.Equal(Writers * Each, ran.Count);
    }

    private bool Add(int number) => _commands.Add(() => _ran.Add(number));
}
