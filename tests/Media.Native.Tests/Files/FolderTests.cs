using Media.Native.Files;

namespace Media.Native.Tests.Files;

public class FolderTests
{
    [Fact]
    public void Flushes_a_folder_that_exists_and_says_which_one_does_not()
    {
        var folder = Directory.CreateTempSubdirectory("gateway-folder-").FullName;
        Folder.Flush(folder);
        Directory.Delete(folder);
        Assert.Contains(folder, Assert.Throws<IOException>(() => Folder.Flush(folder)).Message, StringComparison.Ordinal);
    }
}
