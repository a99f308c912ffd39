"""The few lines of Java that DBFS needs: Hadoop's view file system, with credentials that count inside of it only.

A mount carries the storage account's key. Hadoop has one flat set of settings, so a key placed there would open the
account to every notebook, also to one that on Azure would be refused. The class below lets settings with a prefix
of their own take effect only when a `dbfs:/` path is opened. It is compiled by the compiler that Spark carries for
its generated code: no JDK is needed.
"""

from pathlib import Path
from typing import Any

CLASSES = "classes"
"""Name of the folder of compiled classes, below the driver's configuration folder."""

CLASS_NAME = "drydock.DbfsFileSystem"
MOUNT_SETTING = "drydock.mount."
"""A Hadoop setting with this prefix counts, without it, for paths of DBFS."""

_SOURCE = """
package drydock;

public class DbfsFileSystem extends org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme {

    public DbfsFileSystem() throws java.io.IOException {
        super();
    }

    public void initialize(java.net.URI uri, org.apache.hadoop.conf.Configuration shared) throws java.io.IOException {
        org.apache.hadoop.conf.Configuration scoped = new org.apache.hadoop.conf.Configuration(shared);
        java.util.Iterator settings = shared.getPropsWithPrefix("PREFIX").entrySet().iterator();
        while (settings.hasNext()) {
            java.util.Map.Entry setting = (java.util.Map.Entry) settings.next();
            scoped.set((String) setting.getKey(), (String) setting.getValue());
        }
        super.initialize(uri, scoped);
    }
}
""".replace("PREFIX", MOUNT_SETTING)


def compile_into(folder: Path, jvm: Any) -> None:
    """Write the class file below `folder`, which must be on the JVM's class path already."""
    compiler = jvm.org.codehaus.janino.SimpleCompiler()
    compiler.setParentClassLoader(jvm.java.lang.Thread.currentThread().getContextClassLoader())
    compiler.cook(_SOURCE)
    for name, code in dict(compiler.getBytecodes()).items():
        target = folder / f"{name.replace('.', '/')}.class"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(code)
