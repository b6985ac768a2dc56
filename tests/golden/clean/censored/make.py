"""E[D | D >= least] of Poisson and negative binomial counts (scipy 1.17.1, numpy 2.4.6), by summing
probabilities; the last two rows are the normal approximation.  python make.py > censored.csv"""
import numpy as np
from scipy import stats
rows=[]
for mean,size,least in [(3,np.inf,0),(3,np.inf,1),(3,np.inf,5),(3,np.inf,12),(0.2,np.inf,2),(40,np.inf,35),(3,2,4),(10,0.7,0),(10,0.7,25),(120,5,200),(0.5,0.3,3),(9000,50,9500)]:
    d=stats.poisson(mean) if np.isinf(size) else stats.nbinom(size,size/(size+mean))
    k=np.arange(least,int(mean+least+60*np.sqrt(mean+ (0 if np.isinf(size) else mean**2/size))+200))
    p=d.pmf(k); rows.append((mean,size,least,(k*p).sum()/p.sum()))
# Tobit beyond 10,000
for mean,size,least in [(20000,np.inf,20100),(20000,4,30000)]:
    sd=np.sqrt(mean+(0 if np.isinf(size) else mean**2/size)); z=(least-mean)/sd
    rows.append((mean,size,least,mean+sd*stats.norm.pdf(z)/stats.norm.sf(z)))
print("mean,size,least,expected")
for r in rows: print("%.10g,%s,%.10g,%.12g"%(r[0],"inf" if np.isinf(r[1]) else repr(float(r[1])),r[2],r[3]))
