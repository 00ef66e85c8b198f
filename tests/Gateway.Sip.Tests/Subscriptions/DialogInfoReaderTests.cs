using System.Text;
using Gateway.Sip.Subscriptions;
using static Gateway.Sip.Tests.Subscriptions.WatchBench;

namespace Gateway.Sip.Tests.Subscriptions;

public class DialogInfoReaderTests
{
    /// <summary>The second example of RFC 4235 §6.1, whole.</summary>
    private const string Rfc4235 = """
        <?xml version="1.0"?>
        <dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="1" state="full" entity="sip:alice@example.com">
          <dialog id="as7d900as8" call-id="a84b4c76e66710" local-tag="1928301774" direction="initiator">
            <state event="rejected" code="486">terminated</state>
            <duration>274</duration>
            <local>
              <identity display="Alice">sip:alice@example.com</identity>
              <target uri="sip:alice@pc33.example.com"><param pname="+sip.rendering" pval="yes"/></target>
            </local>
          </dialog>
        </dialog-info>
        """;

    [Fact]
    public void Reads_the_example_of_the_rfc()
    {
        Assert.True(TryRead(Rfc4235, out var info, out _));
        Assert.Equal(1u, info!.Version);
        Assert.True(info.IsFull);
        Assert.Equal([new DialogEntry("as7d900as8", ExtensionState.Idle)], info.Dialogs);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not xml")]
    [InlineData("<presence/>")]
    [InlineData("<dialog-info state='full'/>")]
    [InlineData("<dialog-info version='-1' state='full'/>")]
    [InlineData("<dialog-info version='4294967296' state='full'/>")]
    [InlineData("<dialog-info version='1' state='other'/>")]
    [InlineData("<dialog-info version='1' state='full'><dialog><state>early</state></dialog></dialog-info>")]
    [InlineData("<dialog-info version='1' state='full'><dialog id='a'><state>asleep</state></dialog></dialog-info>")]
    [InlineData("<dialog-info version='1' state='full'><dialog id='a'><state/></dialog></dialog-info>")]
    [InlineData("<dialog-info version='1' state='full'><dialog id='a'>")]
    [InlineData("<!DOCTYPE d [<!ENTITY e 'x'>]><dialog-info version='1' state='full'/>")]
    [InlineData("<!DOCTYPE d SYSTEM 'http://127.0.0.1/d.dtd'><dialog-info version='1' state='full'/>")]
    [InlineData("<dialog-info version='1' state='full'>&e;</dialog-info>")]
    public void Refuses_what_is_no_document_of_the_package(string text)
    {
        Assert.False(TryRead(text, out _, out var error));
        Assert.NotEqual("", error);
    }

    [Fact]
    public void Takes_no_more_dialogs_and_no_deeper_elements_than_it_may()
    {
        var dialogs = Enumerable.Range(0, DialogInfoReader.MaxDialogs).Select(i => Dialog($"{i}", "early")).ToArray();
        Assert.True(TryRead(Full(1, dialogs), out var info, out _));
        Assert.Equal(DialogInfoReader.MaxDialogs, info!.Dialogs.Count);
        Assert.False(TryRead(Full(1, [.. dialogs, Dialog("more", "early")]), out _, out _));
        var deep = string.Concat(Enumerable.Repeat("<x>", 20)) + string.Concat(Enumerable.Repeat("</x>", 20));
        Assert.False(TryRead(Full(1, deep), out _, out _));
        Assert.False(TryRead(Full(1, new string(' ', DialogInfoReader.MaxBytes)), out _, out _));
    }

    private static bool TryRead(string text, out DialogInfo? info, out string error) =>
        DialogInfoReader.TryRead(Encoding.UTF8.GetBytes(text), out info, out error);
}
