using System.Security.Cryptography;
using Gateway.Worker.Configuration;

namespace Gateway.Worker.Tests;

public class ClusterKeysTests
{
    private static readonly Secret Old = Key("2026a"), New = Key("2026b");

    [Fact]
    public void What_one_node_writes_another_reads_in_the_same_context_alone()
    {
        byte[] text = [1, 2, 3];
        var written = ClusterKeys.Of([Old])!.Encrypt(text, "call 1 snapshot");
        Assert.True(ClusterKeys.Of([Old])!.TryDecrypt(written, "call 1 snapshot", out var read));
        Assert.Equal(text, read);
        Assert.False(ClusterKeys.Of([Old])!.TryDecrypt(written, "call 2 snapshot", out _));
    }

    [Fact]
    public void A_key_is_given_to_all_nodes_before_one_writes_with_it()
    {
        var before = ClusterKeys.Of([Old, New])!;
        var after = ClusterKeys.Of([New, Old])!;
        Assert.True(before.TryDecrypt(after.Encrypt([7], "c"), "c", out _));
        Assert.True(after.TryDecrypt(before.Encrypt([7], "c"), "c", out _));
        Assert.False(ClusterKeys.Of([Old])!.TryDecrypt(after.Encrypt([7], "c"), "c", out _));
    }

    [Fact]
    public void The_same_text_is_never_written_in_the_same_way()
    {
        var keys = ClusterKeys.Of([Old])!;
        Assert.NotEqual(keys.Encrypt([1, 2, 3], "c"), keys.Encrypt([1, 2, 3], "c"));
    }

    [Fact]
    public void Nothing_that_was_changed_or_cut_is_read()
    {
        var keys = ClusterKeys.Of([Old])!;
        var written = keys.Encrypt([1, 2, 3], "c");
        for (var i = 0; i < written.Length; i++)
        {
            var changed = written.ToArray();
            changed[i] ^= 1;
            Assert.False(keys.TryDecrypt(changed, "c", out _), $"byte {i}");
            Assert.False(keys.TryDecrypt(written.AsSpan(0, i), "c", out _), $"{i} bytes");
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("abc")]
    [InlineData(":AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("a b:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("an-id-of-17-chars:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("short:AAAAAAAAAAAAAAAAAAAAAA==")]
    [InlineData("long:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("text:not base64")]
    public void What_is_no_key_is_not_taken_for_one(string text)
    {
        Assert.False(ClusterKeys.TryRead(new Secret(text), out _, out _));
        Assert.Null(ClusterKeys.Of([new Secret(text)]));
    }

    private static Secret Key(string id) => new($"{id}:{Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))}");
}
